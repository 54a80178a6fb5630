import { z } from 'zod'
import { PyriteError } from '../../platform/errors.ts'
import { countAttempts, networkOf } from '../../platform/http/attempts.ts'
import { ratePerPerson } from '../../platform/ws/rate.ts'
import type { ChannelRole } from '../../protocol/channels.ts'
import { SignIn } from '../../protocol/users.ts'
import type { AccessPolicy, Sfu } from '../../sfu/sfu.ts'
import type { Auth, Identity } from '../auth/index.ts'

export type StockClientNeeds = {
  auth: Pick<Auth, 'check' | 'authenticate'>
  /** The same question that the bridge asks: membership and the moderation ledger. */
  admit: AccessPolicy
  /** Asked late: it is made after the features. */
  sfu: () => Pick<Sfu, 'stockClient'>
  now: () => Date
}

/** What Galene's page posts: where it is, and what was typed there. */
export const StockSignIn = SignIn.extend({ location: z.string().max(2_048) })

type Person = { userId: string; username: string; displayName: string }

const foreignPage = () =>
  new PyriteError(
    'stock-client.foreign-page',
    'this is no page of a group of ours: galene.stock_client_url says where those are',
  )

/** Tokens asked for, right password or not: each costs a password hash and a signature. An office that meets is behind one address. */
const PER_ADDRESS = { most: 60, windowSeconds: 60, what: 'attempts to join from here' }
const PER_NAME = { most: 12, windowSeconds: 60, what: 'attempts to join by this name from here' }
/** The way through the portal, for somebody who is signed in. */
const PAGES = { perSecond: 0.2, burst: 12 }

/** Who may join a call with Galene's own page. Knows no HTTP. */
export const stockClientRules = ({ auth, admit, sfu, now }: StockClientNeeds) => {
  const byAddress = countAttempts(PER_ADDRESS)
  const byNameHere = countAttempts(PER_NAME)
  const mustBeSlow = ratePerPerson({
    ...PAGES,
    now: () => now().getTime(),
    message: 'you open calls faster than this server allows',
  })

  const mustBeOn = () => {
    const { stockClient } = sfu()
    if (!stockClient) throw new PyriteError('not-found', 'there is nothing here')
    return stockClient
  }
  const ask = ({ userId, username, displayName }: Person, group: string) =>
    admit({ userId, username, displayName, sessionId: '', byCookie: false }, group)
  /**
   * What `make` makes for somebody who may join, or why they may not. Asked again once it is made: whoever ends their right from then
   * on knows that it is about.
   */
  const whileAdmitted = async <T>(
    person: Person,
    group: string,
    make: (role: ChannelRole) => Promise<T>,
  ): Promise<{ made: T } | { error: string; message: string }> => {
    const first = await ask(person, group)
    if ('error' in first) return first
    const made = await make(first.role)
    const now = await ask(person, group)
    if ('error' in now) return now
    return now.role === first.role ? { made } : whileAdmitted(person, group, make)
  }

  return {
    mustBeOn,
    authenticate: auth.authenticate,

    /** Throws for a page elsewhere; what comes from no page, as Origin tells, is nobody's browser. */
    mustBeOurPage(origin: string | undefined): void {
      if (origin !== undefined && origin !== mustBeOn().origin) throw foreignPage()
    },

    /**
     * A token for the call whose page asks. Throws `stock-client.foreign-page`, `auth.bad-credentials`, `too-many-requests`, and
     * `stock-client.refused` with the words of whoever may not join.
     */
    async tokenFor(
      { location, username, password }: z.infer<typeof StockSignIn>,
      address: string,
    ): Promise<string> {
      const page = mustBeOn()
      const group = page.groupAt(location)
      if (group === undefined) throw foreignPage()
      const network = networkOf(address)
      await byAddress.take(network)
      await byNameHere.take(`${network} ${username.trim().toLowerCase()}`)
      const { id: userId, ...user } = await auth.check({ username, password }, address)
      const { username: known } = user
      const token = await whileAdmitted({ userId, ...user }, group, (role) =>
        page.token({ username: known, group, role }),
      )
      if ('error' in token) throw new PyriteError('stock-client.refused', token.message)
      return token.made
    },

    /** Where somebody who is signed in opens a call; undefined where they may not join it. Throws `too-many-requests`. */
    async pageFor(who: Identity, group: string): Promise<string | undefined> {
      mustBeSlow(who.userId)
      const { username } = who
      const page = await whileAdmitted(who, group, (role) =>
        mustBeOn().pageFor({ username, group, role }),
      )
      return 'error' in page ? undefined : page.made
    },
  }
}
export type StockClientRules = ReturnType<typeof stockClientRules>
