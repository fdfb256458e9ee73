/** Where the agent is inside a container: a folder that no image has. */
export const agentFolder = '/.iamstack'
export const agentPath = `${agentFolder}/agent`
