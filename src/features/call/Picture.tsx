import { useEffect, useRef, useState } from 'preact/hooks'

export type PictureProps = {
  stream: MediaStream
  /** My own camera is shown as a mirror does. */
  mirrored?: boolean
  /** Screens are shown whole; cameras fill their tile. */
  whole?: boolean
  label: string
  /** Told "1280×720" when the picture's size is known or changes. */
  onSize?: (size: string) => void
}

/** A moving picture without sound: sound is played apart, so that it goes on when the picture is out of sight. */
export const Picture = ({ stream, mirrored, whole, label, onSize }: PictureProps) => {
  const ref = useRef<HTMLVideoElement>(null)
  const [moving, setMoving] = useState<MediaStream>()
  useEffect(() => {
    const video = ref.current
    if (!video) return undefined
    video.srcObject = stream
    // Refused only while the stream is replaced; the next one plays.
    video.play().catch(() => undefined)
    return () => {
      video.srcObject = null
    }
  }, [stream])
  const sized = () => {
    const { videoWidth, videoHeight } = ref.current ?? { videoWidth: 0, videoHeight: 0 }
    if (videoWidth) onSize?.(`${videoWidth}×${videoHeight}`)
  }
  return (
    <video
      ref={ref}
      class={`picture ${mirrored ? 'mirrored' : ''} ${whole ? 'whole' : ''} ${moving === stream ? 'moving' : ''}`}
      aria-label={label}
      autoPlay
      playsInline
      muted
      onResize={sized}
      onLoadedMetadata={sized}
      onLoadedData={() => setMoving(stream)}
    />
  )
}

/** The camera of mine that is open now, outside a call's streams. */
export const useTrackStream = (track: MediaStreamTrack | undefined): MediaStream | undefined => {
  const [stream, setStream] = useState<MediaStream>()
  useEffect(() => setStream(track ? new MediaStream([track]) : undefined), [track])
  return stream
}
