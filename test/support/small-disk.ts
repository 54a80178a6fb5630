import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const run = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

/** A file system of this many KiB in memory, mounted at a folder that is there. Undefined where this user may not mount. */
export const mountSmallDisk = (folder: string, kibibytes: number) => {
  const options = ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'pyrite-test', folder]
  if (!run('mount', ...options)) return undefined
  const ballast = join(folder, '.ballast')
  let mountedAt = folder
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
    /** Gone from where it was, with all that it holds, to another folder or back. */
    move(to: string) {
      const isMoved = run('mount', '--move', mountedAt, to)
      if (isMoved) mountedAt = to
      return isMoved
    },
    unmount: () => run('umount', '-l', mountedAt),
  }
}
export type SmallDisk = NonNullable<ReturnType<typeof mountSmallDisk>>

/** Whether this user may mount a disk, and move it elsewhere. */
export const mayMount = async (): Promise<boolean> => {
  const [from, to] = [await probe(), await probe()]
  const mounted = mountSmallDisk(from, 96)
  const mayMove = mounted?.move(to) === true
  mounted?.unmount()
  for (const folder of [from, to]) await rm(folder, { recursive: true, force: true })
  return mayMove
}
const probe = () => mkdtemp(join(tmpdir(), 'pyrite-mount-'))
