import { deepSignal, type Shallow, shallow } from 'deepsignal'
import type { CallsReport, Examination } from '../../../lib/protocol/admin.ts'
import type { Http } from '../../platform/http.ts'
import { isUnreached, sentenceOf } from '../../platform/request-error.ts'

export type CallsState = {
  report: Shallow<CallsReport> | undefined
  isChecking: boolean
  /** For people: why the newest report or check did not come. */
  because: string
}

export type CallsNeeds = {
  http: Http
  /** The address of this page, for the server to compare. */
  origin: string
}

/** How often the page asks how calls stand, in milliseconds. */
const EVERY_MS = 5_000
/** A check older than this is made again when the page opens, in milliseconds. */
const OLD_MS = 10 * 60_000

/** An answer that was asked for before a check ended may arrive after it. */
const withNewest = (report: CallsReport, known: Examination | undefined): CallsReport => {
  const { examination } = report
  const isOlder = known !== undefined && (examination === undefined || examination.at < known.at)
  return isOlder ? { ...report, examination: known } : report
}

/** How calls stand, asked for again and again until `dispose`; and the check, which takes seconds. */
export const createCallsStore = ({ http, origin }: CallsNeeds) => {
  const state = deepSignal<CallsState>({ report: undefined, isChecking: false, because: '' })
  let isDisposed = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const take = (report: CallsReport) => {
    if (isDisposed) return
    state.report = shallow(report)
    state.because = ''
  }
  const fail = (error: unknown) => {
    if (!isDisposed) state.because = sentenceOf(error)
  }
  const load = () =>
    http
      .get<CallsReport>('/api/admin/calls')
      .then((report) => take(withNewest(report, state.report?.examination)))
  const watch = async () => {
    // A page that nobody looks at asks nothing.
    if (!document.hidden)
      await load().catch((error) => (isUnreached(error) ? fail(error) : undefined))
    if (!isDisposed) timer = setTimeout(() => void watch(), EVERY_MS)
  }
  const check = async () => {
    state.isChecking = true
    await http.post<CallsReport>('/api/admin/calls/check', { origin }).then(take, fail)
    state.isChecking = false
  }
  const isOld = (at = '') => !(Date.now() - Date.parse(at) < OLD_MS)
  const begin = async () => {
    try {
      await load()
      if (isOld(state.report?.examination?.at)) void check()
    } catch (error) {
      fail(error)
    }
    if (!isDisposed) timer = setTimeout(() => void watch(), EVERY_MS)
  }
  void begin()
  return {
    state,
    /** Looks everything over again. Undefined while that is under way. */
    get check() {
      return state.isChecking ? undefined : () => void check()
    },
    dispose() {
      isDisposed = true
      clearTimeout(timer)
    },
  }
}
export type CallsStore = ReturnType<typeof createCallsStore>
