/** Made by `npm run generate` from the sources. A released line never changes: a database remembers it. */
export const CHECKSUMS: Readonly<Record<string, string>> = {
  '0001-people-and-channels': '2aef2fb9fbe4e490125b4253e6872efb8552e765fcf3fd614cfcde0351d8e43f',
  '0002-channel-slugs': 'b469331872f55c35b7a4d5248eddb526abef6cf33e957bf7e42fee23e522e8cf',
  '0003-chat-and-calls': 'c4367a3326d866fb4c92a2c4f17fcfd99c8f4670d8c3961ce1299003c044d207',
  '0004-moderation': '18a8d235aa9dc6122c3042590ee740c8abf6ccac3c56c364860b74878bc96aa6',
  '0005-call-history': '2e1ec824d1ff38451bca27af6311a7e9b48d2d4c60c70bbffff6a49432cbdda2',
  '0006-recording-and-whip': '7e75bf4cabcab2082fb6a6405ad0ec9e593974b1d5b812eebcd5fde89594c06e',
}
