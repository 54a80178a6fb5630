/** A random id of 16 bytes in hexadecimal. On a page without https, too, where browsers keep `randomUUID` to themselves. */
export const newId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
