export { ChannelMedia, type ChannelMediaProps } from './ChannelMedia.tsx'
