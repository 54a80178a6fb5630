import { PyriteError } from '../../../platform/errors.ts'

/** Formats that repair or wrap others, and show or say nothing by themselves. */
const HELPERS = new Set(['rtx', 'red', 'ulpfec', 'flexfec', 'flexfec-03', 'cn', 'telephone-event'])

type Section = { kind: string; isRefused: boolean; codecs: string[] }

const sectionsOf = (description: string): Section[] =>
  description
    .split(/^m=/m)
    .slice(1)
    .map((text) => {
      const [, kind = '', port] = /^(\S+) (\d+)/.exec(text) ?? []
      const names = [...text.matchAll(/^a=rtpmap:\d+ ([^/\s]+)\//gm)].map(([, name = '']) => name)
      return {
        kind,
        // Port 0 with this attribute is how a bundled section is offered.
        isRefused: port === '0' && !/^a=bundle-only\r?$/m.test(text),
        codecs: [...new Set(names)].filter((name) => !HELPERS.has(name.toLowerCase())),
      }
    })

/** What an offer holds and its answer does not take. */
const refusedMedia = (offer: string, answer: string): Pick<Section, 'kind' | 'codecs'>[] => {
  const answered = sectionsOf(answer)
  return sectionsOf(offer).filter(
    ({ isRefused }, at) => !isRefused && (answered[at]?.isRefused ?? false),
  )
}

/**
 * Why an offer that was answered is refused all the same; undefined where it was taken whole. Galene takes what it can, and says so in
 * the answer alone; RFC 9725 wants no stream of which a part is missing, for nobody would know why.
 */
export const partRefused = (
  group: string,
  offer: Buffer,
  answer: Buffer,
): PyriteError | undefined => {
  const [part] = refusedMedia(offer.toString('latin1'), answer.toString('latin1'))
  if (!part) return undefined
  const codecs = part.codecs.join(', ') || 'the codec that was offered'
  return new PyriteError(
    'whip.unsupported-codec',
    `the call takes no ${part.kind} in ${codecs}: let the device send another codec, or list this one under "codecs" of the group "${group}" at the call server`,
  )
}
