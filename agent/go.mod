module iamstack.dev/agent

go 1.23
