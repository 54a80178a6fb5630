import { spawnSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const run = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

/** A file system of this many KiB in memory, mounted at a folder that is there. Undefined where this user may not mount. */
export const mountSmallDisk = (folder: string, kibibytes: number) => {
  const options = ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'pyrite-test', folder]
  if (!run('mount', ...options)) return undefined
  const ballast = join(folder, '.ballast')
  return {
    /** Takes all space that is left. */
    async fill() {
      for (const bytes of [kibibytes * 1_024, 4_096, 512]) {
        // Beyond the end of the disk: what fits has been written.
        await writeFile(ballast, Buffer.alloc(bytes), { flag: 'a' }).catch(() => undefined)
      }
    },
    empty: () => rm(ballast, { force: true }),
    readOnly: (isReadOnly: boolean) =>
      run('mount', '-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, folder),
    unmount: () => run('umount', '-l', folder),
  }
}
export type SmallDisk = NonNullable<ReturnType<typeof mountSmallDisk>>
