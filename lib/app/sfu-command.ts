import { join } from 'node:path'
import { parseArgs } from 'node:util'
import closeWithGrace from 'close-with-grace'
import { loadConfig } from '../platform/config/load.ts'
import { createLog } from '../platform/log.ts'
import { runBuiltinSfu } from '../sfu/builtin/index.ts'
import { configPath, type Environment, UsageError } from './environment.ts'

/** `pyrite sfu`: the built-in SFU, until its parent goes or a signal comes. Started by serve, or by hand to try a client. */
export const runSfu = async (args: string[], environment: Environment): Promise<void> => {
  const { values } = parseArgs({
    args,
    options: {
      groups: { type: 'string' },
      data: { type: 'string' },
      listen: { type: 'string' },
      'stop-with-parent': { type: 'boolean', default: false },
    },
  })
  if (!values.groups || !values.listen)
    throw new UsageError('sfu needs --groups DIR --listen HOST:PORT.')
  const { builtin, sfu, log } = loadConfig(configPath(environment), environment)
  const running = await runBuiltinSfu({
    groupsDir: values.groups,
    ...(values.data !== undefined && { iceFile: join(values.data, 'ice-servers.json') }),
    listen: values.listen,
    log: createLog(log.level),
    loopback: builtin.loopback,
    publicAddress: builtin.public_address,
    udpPort: builtin.udp_port,
    maxParticipants: builtin.max_participants,
    maxStreams: builtin.max_streams,
    streamsPerPerson: builtin.streams_per_person,
    messagesPerSecond: sfu.messages_per_second,
    messagesBurst: sfu.messages_burst,
    maxFrameBytes: sfu.max_frame_bytes,
  })
  const closer = closeWithGrace({ delay: 3_000, logger: false }, () => running.stop())
  if (values['stop-with-parent']) {
    // The parent holds the other end of standard input: when it is gone, however it went, so are we.
    process.stdin
      .resume()
      .once('end', () => closer.close())
      .once('error', () => closer.close())
  }
}
