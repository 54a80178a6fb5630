import './files.css'

export { SendFile } from './SendFile.tsx'
export { TransferList } from './TransferList.tsx'
