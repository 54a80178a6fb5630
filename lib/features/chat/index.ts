import { type ChatNeeds, chatRules } from './chat.ts'
import { chatRoutes } from './routes.ts'
import { chatSocket } from './socket.ts'

export type { ChatNeeds } from './chat.ts'
export { chatPaths } from './routes.ts'

/** Messages in channels: post, edit, delete, read back, read on, type. */
export const createChat = (needs: ChatNeeds) => {
  const chat = chatRules(needs)
  return { ...chat, routes: chatRoutes(chat), socket: chatSocket(chat) }
}
