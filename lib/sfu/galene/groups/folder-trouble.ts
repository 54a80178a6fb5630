const NO_GROUPS = "there is no such folder: sfu.groups_dir must be that of Galene's -groups"
const NO_RIGHTS = 'the account that runs Pyrite may not do that there, or not pass a folder above'
const A_FILE = 'this is a file, not a folder'
const REASONS: Record<string, string> = {
  ENOTDIR: A_FILE,
  EEXIST: A_FILE,
  EACCES: NO_RIGHTS,
  EPERM: NO_RIGHTS,
  EROFS: 'this disk is read-only',
  ENOSPC: 'this disk is full',
  EDQUOT: 'no more of this disk may be used (quota)',
}

/**
 * Does what the file system is asked for at `path`; what it refuses is told in a sentence for who runs the server. `missing`: what it
 * means that nothing is there.
 */
export const told = async <T>(
  path: string,
  work: () => Promise<T>,
  missing = NO_GROUPS,
): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? missing : REASONS[code]
    throw reason === undefined
      ? error
      : Object.assign(new Error(`${path}: ${reason} (${code})`, { cause: error }), { code })
  }
}
