import { handle } from '../../platform/ws/dispatcher.ts'
import {
  DeleteMessage,
  EditMessage,
  History,
  MarkRead,
  PostMessage,
  Since,
  Typing,
} from '../../protocol/chat.ts'
import type { ChatRules } from './chat.ts'

/** The chat.* messages a browser may send. */
export const chatSocket = (chat: ChatRules) => ({
  'chat.post': handle(PostMessage, (who, body) => chat.post(who.userId, body)),
  'chat.edit': handle(EditMessage, (who, body) => chat.edit(who.userId, body)),
  'chat.delete': handle(DeleteMessage, (who, body) => chat.remove(who.userId, body)),
  'chat.history': handle(History, (who, body) => chat.history(who.userId, body)),
  'chat.since': handle(Since, (who, body) => chat.since(who.userId, body)),
  'chat.read': handle(MarkRead, (who, body) => chat.read(who.userId, body, who.connectionId)),
  'chat.typing': handle(Typing, async (who, body) => {
    await chat.typing(who.userId, body.channelSlug, who.connectionId)
    return {}
  }),
})
