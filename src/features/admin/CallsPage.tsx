import type { CallsReport, ChannelCalls, Examination } from '../../../lib/protocol/admin.ts'
import { Button } from '../../ui/Button.tsx'
import { dayOf, momentOf, timeOf } from '../../ui/dates.ts'
import { Failure } from '../../ui/Field.tsx'
import { Hash, Lock, RefreshCw } from '../../ui/icons.tsx'
import { Skeleton } from '../../ui/Placeholders.tsx'
import type { CallsStore } from './calls-store.ts'
import { Findings, FindingsSum } from './Findings.tsx'

/** Channels in step without a call are many, and say nothing. */
const MOST_CHANNELS = 100

const sinceWords = (at: string): string => {
  const day = dayOf(at, new Date())
  return day === 'Today' ? timeOf(at) : `${day}, ${timeOf(at)}`
}

const reachableWords = ({ reachable, since }: CallsReport['sfu']): string => {
  if (!reachable) return 'It does not answer: nobody can join a call.'
  return since ? `Reachable since ${sinceWords(since)}` : 'Reachable'
}

const CallServer = ({ sfu }: Pick<CallsReport, 'sfu'>) => (
  <section class="card" aria-label="Call server">
    <h2>Call server</h2>
    <div class="call-server">
      <span class={sfu.reachable ? 'state-dot good' : 'state-dot bad'} aria-hidden="true" />
      <div>
        <b>{sfu.description.charAt(0).toUpperCase() + sfu.description.slice(1)}</b>
        <p title={sfu.since && momentOf(sfu.since)}>
          {reachableWords(sfu)}
          {sfu.version && ` · version ${sfu.version}`}
        </p>
        {sfu.problem && (
          <p class="bad-words">{sfu.problem.charAt(0).toUpperCase() + sfu.problem.slice(1)}.</p>
        )}
      </div>
    </div>
  </section>
)

const syncWords = {
  'in-step': 'In step',
  /** Written, while the call server does not answer. */
  unseen: 'Waits for the call server',
  pending: 'On its way',
  failed: 'Not in step',
}

const peopleWords = (participants: number): string =>
  participants === 1 ? '1 person in the call' : `${participants} people in the call`

type ChannelLineProps = {
  channel: ChannelCalls
  isServerThere: boolean
  /** Whether a channel that I am in is private. One that I may not know is without a slug. */
  isPrivate: (channelSlug: string) => boolean
}

const ChannelLine = ({ channel, isServerThere, isPrivate }: ChannelLineProps) => {
  const { channelSlug, name, sync, participants, locked, recording } = channel
  const state = sync.state === 'in-step' && !isServerThere ? 'unseen' : sync.state
  const extra = [
    ...(participants > 0 ? [peopleWords(participants)] : []),
    ...(locked ? ['locked'] : []),
    ...(recording ? ['recording'] : []),
  ]
  return (
    <li class="row">
      <span class="row-icon" aria-hidden="true">
        {channelSlug && !isPrivate(channelSlug) ? <Hash size={18} /> : <Lock size={18} />}
      </span>
      <div class="row-text channel-state">
        <b>{channelSlug ? <a href={`/channels/${channelSlug}`}>{name}</a> : 'A private channel'}</b>
        <small>{[syncWords[state], ...extra].join(' · ')}</small>
        {sync.state === 'failed' && sync.reason && <p>{sync.reason}</p>}
      </div>
      <span class={`state-dot ${dotOf(state, participants)}`} aria-hidden="true" />
    </li>
  )
}

type ChannelsProps = Pick<ChannelLineProps, 'isPrivate'> & { report: CallsReport }

const dotOf = (state: keyof typeof syncWords, participants: number): string => {
  if (state === 'failed') return 'bad'
  return participants > 0 ? 'live' : state === 'in-step' ? 'good' : 'waits'
}

const Channels = ({ report: { channels, sfu }, isPrivate }: ChannelsProps) => {
  const live = channels.filter(({ participants }) => participants > 0).length
  const rest = channels.length - MOST_CHANNELS
  return (
    <section class="card" aria-label="Channels and their calls">
      <h2>Channels</h2>
      <p class="card-hint">
        {live === 0
          ? 'No call is live.'
          : live === 1
            ? '1 call is live.'
            : `${live} calls are live.`}
      </p>
      <ul class="rows">
        {channels.slice(0, MOST_CHANNELS).map((channel, at) => (
          <ChannelLine
            key={channel.channelSlug ?? at}
            channel={channel}
            isServerThere={sfu.reachable}
            isPrivate={isPrivate}
          />
        ))}
      </ul>
      {rest > 0 && <p class="card-hint">And {rest} more, without a call and not out of step.</p>}
    </section>
  )
}

const Ways = ({ examination: { iceServers, candidates } }: { examination: Examination }) => (
  <section class="card" aria-label="Ways for sound and picture">
    <h2>Ways for sound and picture</h2>
    <p class="card-hint">
      Where a browser looks for the call server, and the servers that help it through firewalls.
    </p>
    <ul class="ways">
      {candidates.map(({ type, address, isPrivate }) => (
        <li key={`${type} ${address}`}>
          <code>{address}</code>
          <small>
            {type === 'relay' ? 'through a TURN server' : 'directly'}
            {isPrivate && ' · private: only inside this network'}
          </small>
        </li>
      ))}
      {iceServers.map(({ url, ok, says, ms }) => (
        <li key={url} class={ok ? undefined : 'failed'}>
          <code>{url}</code>
          <small>
            {ok ? 'answers' : 'fails'}: {says}
            {ms !== undefined && ` · ${ms} ms`}
          </small>
        </li>
      ))}
    </ul>
  </section>
)

const Checked = ({ store }: { store: CallsStore }) => {
  const { report, isChecking } = store.state
  const examination = report?.examination
  return (
    <section class="card" aria-label="Check" aria-busy={isChecking}>
      <header class="check-head">
        <h2>Check</h2>
        {examination && (
          <small title={momentOf(examination.at)}>
            {sinceWords(examination.at)}
            {examination.tookMs > 100 && `, took ${(examination.tookMs / 1_000).toFixed(1)} s`}
          </small>
        )}
      </header>
      <FindingsSum examination={examination} />
      {examination ? (
        <Findings examination={examination} />
      ) : (
        <p class="card-hint">{isChecking ? 'Looking everything over…' : 'Not checked yet.'}</p>
      )}
    </section>
  )
}

export type CallsPageProps = Pick<ChannelLineProps, 'isPrivate'> & { store: CallsStore }

/** For admins: what carries calls, whether it works, and what to do where it does not. */
export const CallsPage = ({ store, isPrivate }: CallsPageProps) => {
  const { report, isChecking, because } = store.state
  const examination = report?.examination
  return (
    <div class="page">
      <header class="page-head">
        <h1>Calls</h1>
        <Button kind="gold" onClick={store.check} busy={isChecking}>
          <RefreshCw size={16} aria-hidden="true" /> {isChecking ? 'Checking…' : 'Check again'}
        </Button>
      </header>
      <div class="page-body">
        <Failure>{because || undefined}</Failure>
        {!report && !because && <Skeleton lines={4} what="calls" />}
        {report && (
          <>
            <CallServer sfu={report.sfu} />
            <Checked store={store} />
            <Channels report={report} isPrivate={isPrivate} />
            {examination && examination.candidates.length + examination.iceServers.length > 0 && (
              <Ways examination={examination} />
            )}
          </>
        )}
      </div>
    </div>
  )
}
