/** The slug in an address, where there is one. */
export const slugIn = (path: string): string | undefined => /^\/channels\/([^/]+)/.exec(path)?.[1]
