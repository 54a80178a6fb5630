import { ChannelList } from '../features/channels/index.ts'
import { PresenceDot } from '../features/presence/index.ts'
import { Avatar } from '../ui/Avatar.tsx'
import { Settings } from '../ui/icons.tsx'
import { Mark } from '../ui/Mark.tsx'
import { slugIn } from './addresses.ts'
import { useWorkspace } from './context.ts'
import type { OpenDialog } from './Dialogs.tsx'
import { peopleOf } from './people.ts'

const MOST_PEOPLE = 30

const Me = () => {
  const { me, socket } = useWorkspace()
  return (
    <a class="my-line" href="/settings" title="Settings">
      <Avatar id={me.id} name={me.displayName} />
      <span class="my-line-text">
        <b title={me.displayName}>{me.displayName}</b>
        <small>{socket.state.is === 'open' ? 'Available' : 'Not connected'}</small>
      </span>
      <Settings size={18} aria-hidden="true" />
      <span class="hidden-words">Settings</span>
    </a>
  )
}

const PeopleList = () => {
  const { presence, me } = useWorkspace()
  const others = presence.state.users.filter(({ id, disabled }) => id !== me.id && !disabled)
  const sorted = [...others].sort(
    (a, b) => Number(presence.isOnline(b.id)) - Number(presence.isOnline(a.id)),
  )
  return (
    <section class="nav-section" aria-label="People">
      <header class="nav-head">
        <h2>People</h2>
        <a class="nav-more" href="/people">
          See all
        </a>
      </header>
      <ul class="nav-list">
        {sorted.slice(0, MOST_PEOPLE).map(({ id, displayName }) => (
          <li key={id} class="person-line">
            <PresenceDot online={presence.isOnline(id)} />
            <span class="channel-name" title={displayName}>
              {displayName}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** The left column: the workspace, my channels, the people, me. */
export const SideBar = ({ path, open }: { path: string; open: (dialog: OpenDialog) => void }) => {
  const workspace = useWorkspace()
  const { name } = workspace.state
  return (
    <nav class="side" aria-label="Workspace">
      <div class="team">
        <Mark name={name} />
        <span class="team-name" title={name}>
          {name}
        </span>
      </div>
      <button class="jump" type="button" onClick={() => open('jump')}>
        <span>Jump to…</span>
        <kbd>Ctrl K</kbd>
      </button>
      <div class="side-scroll">
        <ChannelList
          channels={workspace.channels}
          people={peopleOf(workspace)}
          current={slugIn(path)}
          onCreate={() => open('create')}
          onBrowse={() => open('browse')}
        />
        <PeopleList />
      </div>
      <Me />
    </nav>
  )
}
