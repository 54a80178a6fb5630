import type { FileSink } from './file-transfer.ts'
import type { OpenSink } from './incoming-file.ts'

/** From this size on the browser is asked where to save, so that the file never has to fit in memory. Bytes. */
const LARGE_BYTES = 64 * 1024 * 1024
/** Pieces are put together now and then, so that the browser may move them to disk. Bytes. */
const MERGE_BYTES = 4 * 1024 * 1024

type WithPicker = {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>
}

/** Collects a file in a Blob. */
export const memorySink = (): FileSink => {
  const merged: Blob[] = []
  let pieces: ArrayBuffer[] = []
  let waiting = 0
  const merge = () => {
    merged.push(new Blob(pieces))
    pieces = []
    waiting = 0
  }
  return {
    write: async (piece) => {
      pieces.push(piece)
      waiting += piece.byteLength
      if (waiting >= MERGE_BYTES) merge()
    },
    close: async () => {
      merge()
      // Never the sender's type: a page of theirs must not open as one of ours.
      return new Blob(merged, { type: 'application/octet-stream' })
    },
    abort: async () => {
      merged.length = 0
      pieces = []
    },
  }
}

const diskSink = async (handle: FileSystemFileHandle): Promise<FileSink> => {
  const writable = await handle.createWritable()
  return {
    write: (piece) => writable.write(piece),
    close: async () => {
      await writable.close()
      return undefined
    },
    abort: () => writable.abort(),
  }
}

/** Large files go to disk as they come where the browser can, everything else to memory. */
export const openSink: OpenSink = async ({ name, size }) => {
  const { showSaveFilePicker } = window as WithPicker
  if (size < LARGE_BYTES || !showSaveFilePicker) return memorySink()
  return diskSink(await showSaveFilePicker.call(window, { suggestedName: name }))
}
