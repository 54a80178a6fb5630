import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mustBeFree, slugFromName } from '../../../../../lib/features/channels/slugs.ts'
import { PyriteError } from '../../../../../lib/platform/errors.ts'
import { isUsableSlug, RESERVED_SLUGS, SLUG_PATTERN } from '../../../../../lib/protocol/slug.ts'

const anyName = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.string(),
)

it('makes a slug that keeps the rule from any name whatever [CH-2]', () =>
  fc.assert(fc.property(anyName, (name) => SLUG_PATTERN.test(slugFromName(name)))))

it('a name that is a slug already is its own slug [CH-2]', () =>
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z0-9](?:[a-z0-9]|-[a-z0-9]){0,30}$/),
      (name) => slugFromName(name) === name,
    ),
  ))

it('suggests something free and usable, whatever is taken [CH-3]', () => {
  const wished = fc.oneof(fc.stringMatching(SLUG_PATTERN), fc.constantFrom(...RESERVED_SLUGS))
  fc.assert(
    fc.property(wished, fc.nat(120), (slug, taken) => {
      const isTaken = (other: string) =>
        other === slug || Number(/-(\d+)$/.exec(other)?.[1] ?? 1_000) < taken
      try {
        mustBeFree(slug, isTaken, () => '0123456789abcdefghjk')
        throw new Error('it was not refused')
      } catch (error) {
        const { suggestion = '' } = error as PyriteError
        expect(error).toBeInstanceOf(PyriteError)
        expect(isUsableSlug(suggestion) && !isTaken(suggestion)).toBe(true)
      }
    }),
  )
})
