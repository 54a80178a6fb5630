import type { GaleneHttp } from './galene-http.ts'

/** What can be told of a Galene from outside. `isSupported` is undefined where nothing could be told. */
export type GaleneVersion = { name: string; isSupported: boolean | undefined }

/**
 * Galene says nowhere which version it is. What tells is how its admin API answers OPTIONS, which asks for no password: since 1.0
 * it names its methods, since 1.1 also for tokens of all groups, and before 0.9 there was no API.
 * Source: webserver/api.go of 0.96.3, 1.0 and 1.1. Proof: [FACT-VERSION].
 */
const OF_1_1 = '/galene-api/v0/.groups/.tokens/'
const OF_0_9 = '/galene-api/v0/.stats'

const NEWEST: GaleneVersion = { name: '1.1 or newer', isSupported: true }
const MIDDLE: GaleneVersion = { name: '1.0', isSupported: true }
const OLD: GaleneVersion = { name: '0.9 to 0.96', isSupported: false }
const UNKNOWN: GaleneVersion = {
  name: 'unknown: what stands before the call server hides /galene-api/, or it is older than 0.9',
  isSupported: undefined,
}

/** What is wrong with a version, in a sentence. */
export const versionProblem = ({ name, isSupported }: GaleneVersion): string | undefined =>
  isSupported === false
    ? `this Galene is ${name}, which Pyrite does not support: use 1.1, or at least 1.0`
    : undefined

/** Which Galene answers, as far as it shows. Rejects where nobody answers. */
export const recogniseVersion = async (http: Pick<GaleneHttp, 'ask'>): Promise<GaleneVersion> => {
  const namesMethods = async (path: string) => {
    const { status, headers } = await http.ask(path, { method: 'OPTIONS' })
    return { status, names: headers['access-control-allow-methods'] !== undefined }
  }
  if ((await namesMethods(OF_1_1)).names) return NEWEST
  const { status, names } = await namesMethods(OF_0_9)
  if (names) return MIDDLE
  return status === 401 ? OLD : UNKNOWN
}
