import { parseCookie, stringifySetCookie } from 'cookie'

/** The longest that browsers keep a cookie. Whether the session still lives is the server's to say. */
const MAX_AGE_SECONDS = 400 * 24 * 60 * 60

/** The session's cookie. Under https its name alone forbids other hosts and plain http to set it. */
export const sessionCookie = (publicUrl: string) => {
  const secure = publicUrl.startsWith('https:')
  const name = secure ? '__Host-pyrite_session' : 'pyrite_session'
  const write = (value: string, maxAge: number) =>
    stringifySetCookie({ name, value, maxAge, path: '/', httpOnly: true, sameSite: 'lax', secure })
  return {
    /** The token in a `Cookie` header. */
    read: (header: string | undefined): string | undefined =>
      header === undefined ? undefined : parseCookie(header)[name],
    /** The `Set-Cookie` that keeps a token. */
    keep: (token: string): string => write(token, MAX_AGE_SECONDS),
    /** The `Set-Cookie` that forgets it. */
    forget: (): string => write('', 0),
  }
}
export type SessionCookie = ReturnType<typeof sessionCookie>
