import { Hash, Lock } from '../../ui/icons.tsx'

/** Open or private, as a mark and in words. */
export const ChannelIcon = ({ isPrivate, size = 16 }: { isPrivate: boolean; size?: number }) => (
  <span class="channel-icon">
    {isPrivate ? (
      <Lock size={size - 1} aria-hidden="true" />
    ) : (
      <Hash size={size} aria-hidden="true" />
    )}
    {isPrivate && <span class="hidden-words">private </span>}
  </span>
)
