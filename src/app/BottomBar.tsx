import type { ComponentChildren } from 'preact'
import { List, Settings, Users } from '../ui/icons.tsx'
import { useWorkspace } from './context.ts'

type TabProps = { href: string; name: string; isCurrent: boolean; children: ComponentChildren }

const Tab = ({ href, name, isCurrent, children }: TabProps) => (
  <a
    class={isCurrent ? 'tab current' : 'tab'}
    href={href}
    aria-current={isCurrent ? 'page' : undefined}
  >
    {children}
    {name}
  </a>
)

/** Within the thumb's reach, on a phone only. */
export const BottomBar = ({ path }: { path: string }) => {
  const { channels } = useWorkspace()
  const { unread } = channels
  return (
    <nav class="bottom-bar" aria-label="Pages">
      <Tab href="/channels" name="Channels" isCurrent={path.startsWith('/channels')}>
        <span class="tab-icon">
          <List size={20} aria-hidden="true" />
          {unread > 0 && (
            <span class="count">
              {unread > 99 ? '99+' : unread}
              <span class="hidden-words"> unread, </span>
            </span>
          )}
        </span>
      </Tab>
      <Tab href="/people" name="People" isCurrent={path === '/people'}>
        <Users size={20} aria-hidden="true" />
      </Tab>
      <Tab href="/settings" name="Settings" isCurrent={/^\/(settings|admin)/.test(path)}>
        <Settings size={20} aria-hidden="true" />
      </Tab>
    </nav>
  )
}
