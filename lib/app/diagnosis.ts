import { createAdmin } from '../features/admin/index.ts'
import type { Config } from '../platform/config/schema.ts'
import type { Database } from '../platform/db/open.ts'
import type { Log } from '../platform/log.ts'
import type { Finding } from '../protocol/admin.ts'
import { NOT_MANAGED } from '../sfu/galene/groups/group-file.ts'
import { createIceFile, iceFilePath } from '../sfu/galene/ice-file.ts'
import type { Sfu, SfuHealth } from '../sfu/sfu.ts'
import { createDoctor } from './doctor.ts'
import { found } from './doctor-findings.ts'
import { isLoopbackUrl } from './doctor-network.ts'
import type { Features } from './features.ts'

export type DiagnosisNeeds = {
  config: Config
  database: Database
  users: Features['users']
  sfu: Sfu
  log: Log
  now: () => Date
}

/** Channels named one by one; the page lists them all. */
const MOST_NAMED = 5

const asFindings = (troubles: readonly { slug: string; reason: string }[]): Finding[] => {
  const findings = troubles
    .slice(0, MOST_NAMED)
    .map(({ slug, reason }) =>
      reason === NOT_MANAGED
        ? found('group-unmanaged', slug)
        : found('group-failed', `${slug}, ${reason}`),
    )
  const more = troubles.length - findings.length
  return more > 0 ? [...findings, found('group-failed', `and ${more} more`)] : findings
}

type Admin = ReturnType<typeof createAdmin>

/** The file with ICE servers, and the doctor, for the call server that these settings mean. */
const examiner = (
  { config, sfu, log, now }: Omit<DiagnosisNeeds, 'database' | 'users'>,
  kind: SfuHealth['kind'],
  admin: Pick<Admin, 'idleChannel' | 'outOfStep'>,
) => {
  const isOurs = kind !== 'external'
  const path = iceFilePath(config, isOurs)
  const iceFile = createIceFile({ config: config.galene, path, makesFolder: isOurs, now, log })
  const sfuUrl = () => sfu.origin().url
  const doctor = createDoctor({
    ...{ config, now, sfuUrl, iceFileProblem: iceFile.problem },
    isSfuHere: isOurs || isLoopbackUrl(config.sfu.url),
    isBuiltin: kind === 'builtin',
    idleGroup: admin.idleChannel,
    groups: async () => asFindings(await admin.outOfStep()),
  })
  return { iceFile, doctor }
}

/** What looks over calls while the server runs: the file with ICE servers, the doctor, and the admins' page. */
export const createDiagnosis = (needs: DiagnosisNeeds) => {
  const { database, users, sfu, now } = needs
  const admin: Admin = createAdmin({
    ...{ db: database.db, users, now },
    sfu: () => sfu,
    examine: (origin) => current.doctor.examine(origin),
  })
  let current = examiner(needs, sfu.health().kind, admin)
  return {
    admin,
    start: () => current.iceFile.start(),
    stop: () => current.iceFile.stop(),
    /**
     * Calls go on with these settings, on a call server of this kind: the file is there when this resolves. Answers how to have
     * those of before again.
     */
    async follow(config: Config, kind: SfuHealth['kind']): Promise<() => Promise<void>> {
      const before = current
      const use = (next: typeof current) => {
        current.iceFile.stop()
        current = next
        return next.iceFile.start()
      }
      await use(examiner({ ...needs, config }, kind, admin))
      return () => use(before)
    },
  }
}
export type Diagnosis = ReturnType<typeof createDiagnosis>
