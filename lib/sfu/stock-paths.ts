/** Where Pyrite answers Galene's own page, below its public address: the authorisation server, and the portal. */
export const AUTH_SERVER_PATH = '/galene/auth'
export const AUTH_PORTAL_PATH = '/galene/portal'
export const STOCK_PATHS: readonly string[] = [AUTH_SERVER_PATH, AUTH_PORTAL_PATH]
