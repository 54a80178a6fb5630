import { MAX_SLUG_LENGTH } from '../../../lib/protocol/slug.ts'

/** Makes an address from a name the way the server does, for a preview; the server has the last word. */
export type SlugMaker = (name: string) => string

export const loadSlugMaker = async (): Promise<SlugMaker> => {
  const { default: slugify } = await import('slugify')
  return (name) =>
    slugify(name, { lower: true, strict: true })
      .slice(0, MAX_SLUG_LENGTH)
      .replace(/^-+|-+$/g, '')
}
