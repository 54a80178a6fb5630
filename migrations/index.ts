import { migration as people } from './0001-people-and-channels.ts'
import { migration as slugs } from './0002-channel-slugs.ts'
import { migration as chat } from './0003-chat-and-calls.ts'
import { migration as moderation } from './0004-moderation.ts'
import { migration as calls } from './0005-call-history.ts'
import { migration as recording } from './0006-recording-and-whip.ts'
import type { Migration } from './migration.ts'

/** All migrations, oldest first. A new one goes to the end; then `npm run generate`. */
export const MIGRATIONS: readonly Migration[] = [people, slugs, chat, moderation, calls, recording]
