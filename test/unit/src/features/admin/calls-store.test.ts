// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CallsReport } from '../../../../../lib/protocol/admin.ts'
import { createCallsStore } from '../../../../../src/features/admin/calls-store.ts'
import type { Http } from '../../../../../src/platform/http.ts'

const report = (at: string): CallsReport => ({
  sfu: { kind: 'builtin', description: '', reachable: true, checkedAt: at },
  channels: [],
  isExamining: false,
  examination: { at, tookMs: 1, findings: [], iceServers: [], candidates: [] },
})

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-21T12:00:00.000Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('how calls stand', () => {
  it('keeps a check that ended before an older question was answered', async () => {
    const before = report('2026-11-21T11:59:00.000Z')
    const after = report('2026-11-21T12:00:05.000Z')
    const answers: ((answer: CallsReport) => void)[] = []
    const get = () => new Promise<CallsReport>((answer) => answers.push(answer))
    const http = { get, post: async () => after } as unknown as Http
    const store = createCallsStore({ http, origin: 'http://a.b' })
    answers[0]?.(before)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(answers).toHaveLength(2)
    store.check?.()
    await vi.advanceTimersByTimeAsync(0)
    expect(store.state.report?.examination?.at).toBe(after.examination?.at)
    answers[1]?.(before)
    await vi.advanceTimersByTimeAsync(0)
    expect(store.state.report?.examination?.at).toBe(after.examination?.at)
    store.dispose()
  })
})
