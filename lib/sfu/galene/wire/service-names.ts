/** Who Pyrite's own connections to Galene say they are: nobody's name, since those hold no space and no capital [SFU-13]. */
export const DOCTOR_USERNAME = 'Pyrite doctor'
export const SERVICE_USERNAME = 'Pyrite'

/** Whether a user of Galene is a connection of Pyrite's own, of which people hear nothing. */
export const isOwnUsername = (username: unknown): boolean =>
  username === DOCTOR_USERNAME || username === SERVICE_USERNAME
