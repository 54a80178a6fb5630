const MOST = 999

/** How many messages of a channel I have not read. Nothing where I have read them all. */
export const Unread = ({ count }: { count: number }) =>
  count > 0 ? (
    <span class="count">
      {count > MOST ? `${MOST}+` : count}
      <span class="hidden-words"> unread</span>
    </span>
  ) : null
