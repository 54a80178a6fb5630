import { NAMES_METHODS_SINCE_1_0, NAMES_METHODS_SINCE_1_1 } from './facts.ts'
import type { GaleneHttp } from './galene-http.ts'

/** What can be told of a Galene from outside. `isSupported` is undefined where nothing could be told. */
export type GaleneVersion = { name: string; isSupported: boolean | undefined }

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
  if ((await namesMethods(NAMES_METHODS_SINCE_1_1)).names) return NEWEST
  const { status, names } = await namesMethods(NAMES_METHODS_SINCE_1_0)
  if (names) return MIDDLE
  return status === 401 ? OLD : UNKNOWN
}
