import { PyriteError } from '../../../platform/errors.ts'

/** Galene's recorder writes `.webm` and `.mkv`; nothing else is a recording. Nothing in a name leads out of its folder. Source: diskwriter.go. */
const NAME = /^(?!\.)[^/\\\p{Cc}]{1,240}\.(?:webm|mkv)$/u

/** Whether a file of this name can be a recording. */
export const isRecordingName = (name: string): boolean => NAME.test(name)

/** A file written to within this time, while its call is recorded, is still growing. Milliseconds. */
export const FRESH_MS = 5_000

/** Half a file is no recording, and one that is deleted while it is written would go on in the dark. */
export const notFinished = (): PyriteError =>
  new PyriteError('recordings.not-finished', 'this recording still runs: wait until it has ended')
