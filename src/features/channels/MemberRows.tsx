import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { ChannelMember, ChannelRole } from '../../../lib/protocol/channels.ts'
import { AskAgain, useAskedTwice } from '../../ui/AskAgain.tsx'
import { Avatar } from '../../ui/Avatar.tsx'
import { Button, IconButton } from '../../ui/Button.tsx'
import { X } from '../../ui/icons.tsx'
import { keepingFocus } from '../../ui/keeping-focus.ts'
import { Skeleton } from '../../ui/Placeholders.tsx'
import type { Members } from './members.ts'
import type { People } from './people.ts'

const roles: [ChannelRole, string][] = [
  ['moderator', 'Moderator'],
  ['member', 'Member'],
  ['listener', 'Listener (reads only)'],
]
const roleName = (role: ChannelRole) => roles.find(([key]) => key === role)?.[1] ?? role

/** Undefined actions are those I may not do. */
export type MemberRowsProps = {
  members: Members
  people: People
  me: string
  setRole: ((userId: string, role: ChannelRole) => Promise<void>) | undefined
  remove: ((userId: string) => Promise<void>) | undefined
  /** What else can be done with somebody. */
  menuFor?: ((userId: string) => ComponentChildren) | undefined
}

const MemberRow = ({ member, ...props }: MemberRowsProps & { member: ChannelMember }) => {
  const { people, me, setRole, remove } = props
  const { userId, role } = member
  const name = people.nameOf(userId)
  const row = useRef<HTMLLIElement>(null)
  const { isAsking, ask, keep } = useAskedTwice(row, '.remove')
  if (isAsking && remove) {
    return (
      <li class="row" ref={row}>
        <Avatar id={userId} name={name} />
        <div class="row-text">
          <b title={name}>{name}</b>
        </div>
        <AskAgain
          verb="Remove"
          keepVerb="Keep"
          act={() => keepingFocus(row.current, () => remove(userId))}
          onKeep={keep}
        />
      </li>
    )
  }
  return (
    <li class="row" ref={row}>
      <Avatar id={userId} name={name} />
      <div class="row-text">
        <b title={name}>
          {name}
          {userId === me && ' (you)'}
        </b>
        <small>{people.isOnline(userId) ? 'Online' : 'Offline'}</small>
      </div>
      {setRole ? (
        <select
          aria-label={`Role of ${name}`}
          value={role}
          onChange={(event) => void setRole(userId, event.currentTarget.value as ChannelRole)}
        >
          {roles.map(([key, words]) => (
            <option key={key} value={key} selected={key === role}>
              {words}
            </option>
          ))}
        </select>
      ) : (
        <small>{roleName(role)}</small>
      )}
      {remove && userId !== me && (
        <IconButton class="remove" label={`Remove ${name}`} onClick={ask}>
          <X size={16} />
        </IconButton>
      )}
      {props.menuFor?.(userId)}
    </li>
  )
}

const Invite = ({ members, people, setRole }: MemberRowsProps) => {
  const [chosen, setChosen] = useState('')
  const inside = new Set(members.state.members.map(({ userId }) => userId))
  const outside = people.list.filter(({ id, disabled }) => !disabled && !inside.has(id))
  if (!setRole || outside.length === 0) return null
  const invite = () => {
    void setRole(chosen, 'member')
    setChosen('')
  }
  return (
    <div class="invite">
      <select
        aria-label="Person to add"
        value={chosen}
        onChange={(event) => setChosen(event.currentTarget.value)}
      >
        <option value="">Add a person…</option>
        {outside.map(({ id, displayName, username }) => (
          <option key={id} value={id}>
            {displayName} (@{username})
          </option>
        ))}
      </select>
      <Button onClick={chosen ? invite : undefined}>Add</Button>
    </div>
  )
}

/** Who is in the channel, and for those who may: their roles, invitations, removals. */
export const MemberRows = (props: MemberRowsProps) => {
  const { members, people } = props
  const { is, because } = members.state
  const sorted = [...members.state.members].sort((a, b) =>
    people.nameOf(a.userId).localeCompare(people.nameOf(b.userId)),
  )
  return (
    <section class="members" aria-label="People in this channel">
      <h3>People · {sorted.length}</h3>
      <Invite {...props} />
      {is === 'loading' && <Skeleton lines={3} what="people" />}
      {is === 'failed' && (
        <p class="failure">
          {because} <Button onClick={members.retry}>Try again</Button>
        </p>
      )}
      <ul class="rows" tabIndex={-1} aria-label="People in this channel">
        {sorted.map((member) => (
          <MemberRow key={member.userId} {...props} member={member} />
        ))}
      </ul>
    </section>
  )
}
