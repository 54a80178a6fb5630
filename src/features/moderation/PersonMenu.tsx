import { sentenceOf } from '../../platform/request-error.ts'
import { Menu, type MenuItem } from '../../ui/Menu.tsx'
import type { ToastList } from '../../ui/toasts.ts'
import { carryOut } from './carry-out.ts'
import { type Choice, choicesFor } from './choices.ts'
import type { Order } from './commands.ts'
import { nameIn, type Place } from './place.ts'
import type { ModerationStore } from './store.ts'

export type PersonMenuProps = {
  store: ModerationStore
  place: Place
  userId: string
  toasts: Pick<ToastList, 'say' | 'fail'>
}

const orderOf = (choice: Exclude<Choice, { does: 'ask' }>, { place, userId }: PersonMenuProps) => {
  if (choice.does === 'end') return { do: 'end', act: choice.act } satisfies Order
  const channelSlug = place.channel.slug
  const wish = { kind: choice.kind, channelSlug, userId, reason: '' } as const
  return { do: 'act', wish } satisfies Order
}

/** What I may do to a person, ready to be drawn as a menu. */
const personItems = (props: PersonMenuProps): MenuItem[] => {
  const { store, place, userId, toasts } = props
  const nameOf = (id: string) => nameIn(place, id)
  const start = (choice: Choice) => {
    if (choice.does === 'ask') {
      store.ask({ channelSlug: place.channel.slug, kind: choice.kind, userId })
      return
    }
    carryOut(store, orderOf(choice, props), nameOf).then(toasts.say, (error: unknown) =>
      toasts.fail(sentenceOf(error)),
    )
  }
  return choicesFor(place, userId).map((choice) => ({
    key: choice.key,
    label: choice.label,
    isGrave: choice.isGrave,
    run: () => start(choice),
  }))
}

/** On a message, or on a row of people. Undefined for those who may do nothing. */
export const personMenu = (props: PersonMenuProps) => {
  const items = personItems(props)
  if (items.length === 0) return undefined
  return <Menu label={`Moderate ${nameIn(props.place, props.userId)}`} items={items} />
}

/** The same as entries of the menu that a tile of the call has. */
export const TileEntries = (props: PersonMenuProps) =>
  personItems(props).map(({ key, label, isGrave, run }) => (
    <button key={key} type="button" class={`menu-item ${isGrave ? 'grave' : ''}`} onClick={run}>
      {label}
    </button>
  ))
