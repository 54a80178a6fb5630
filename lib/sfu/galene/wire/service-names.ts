/** Who Pyrite's own connections to Galene say they are: nobody's name, since those hold no space and no capital [SFU-13]. */
export const DOCTOR_USERNAME = 'Pyrite doctor'
export const SERVICE_USERNAME = 'Pyrite'

const DEVICE = ' (stream)'

/** How others see a device that publishes: no person can have this name, since theirs have neither blanks nor brackets. */
export const deviceUsername = (device: string): string => `${device}${DEVICE}`

export const isDeviceUsername = (username: string): boolean => username.endsWith(DEVICE)

/** Whether it says of itself that it is a connection of Pyrite's own: see own-connections.ts. */
export const isOwnName = (username: unknown): boolean =>
  username === DOCTOR_USERNAME || username === SERVICE_USERNAME
