import slugify from 'slugify'
import { PyriteError } from '../../platform/errors.ts'
import { isUsableSlug, MAX_SLUG_LENGTH, RESERVED_SLUGS, SLUG_PATTERN } from '../../protocol/slug.ts'

/** What a name becomes of which nothing is left. */
const NAMELESS = 'channel'
/** Numbers tried behind a slug before something random is. */
const TRIES = 100

const cut = (slug: string, length: number): string => slug.slice(0, length).replace(/^-+|-+$/g, '')

/** The slug a name would have. Keeps the rule, but may be reserved or taken. */
export const slugFromName = (name: string): string =>
  cut(slugify(name, { lower: true, strict: true }).replace(/[^a-z0-9-]/g, ''), MAX_SLUG_LENGTH) ||
  NAMELESS

const withSuffix = (slug: string, suffix: string): string =>
  `${cut(slug, MAX_SLUG_LENGTH - suffix.length - 1)}-${suffix}`

const suggestion = (slug: string, isTaken: (slug: string) => boolean, newId: () => string) => {
  for (let n = 2; n < TRIES; n += 1) {
    const other = withSuffix(slug, String(n))
    if (isUsableSlug(other) && !isTaken(other)) return other
  }
  return withSuffix(slug, newId().slice(0, 8))
}

/** Throws `malformed`, `channels.reserved-slug` or `channels.slug-taken`; the latter two with a free suggestion. */
export const mustBeFree = (
  slug: string,
  isTaken: (slug: string) => boolean,
  newId: () => string,
): void => {
  if (!SLUG_PATTERN.test(slug)) {
    throw new PyriteError(
      'malformed',
      'slug: small letters, digits and dashes, 1 to 63, and no dash at either end',
    )
  }
  const isReserved = RESERVED_SLUGS.has(slug)
  if (!isReserved && !isTaken(slug)) return
  throw new PyriteError(
    isReserved ? 'channels.reserved-slug' : 'channels.slug-taken',
    isReserved ? 'this word has a meaning of its own in addresses' : 'a channel has this slug',
    { suggestion: suggestion(slug, isTaken, newId) },
  )
}
