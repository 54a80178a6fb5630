/** The one rule for a channel's slug: in URLs, in the API and as Galene's group name. Source: product decision 5. */
export const SLUG_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Longest slug, in characters. */
export const MAX_SLUG_LENGTH = 63

/** Words that mean something in a URL, in Galene, or on a file system. */
export const RESERVED_SLUGS: ReadonlySet<string> = new Set(
  (
    'admin api assets auth calls channels client galene-api group groups health healthz help login logout me metrics new ' +
    'null public-groups readyz recordings rooms search settings sfu sign-in sign-out static status undefined users v1 whip ws ' +
    'ws-simple con prn aux nul com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9'
  ).split(' '),
)

/** Whether `slug` keeps the rule and is not a reserved word. */
export const isUsableSlug = (slug: string): boolean =>
  SLUG_PATTERN.test(slug) && !RESERVED_SLUGS.has(slug)
