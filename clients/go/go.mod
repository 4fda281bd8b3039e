module github.com/abide-session/abide/clients/go

go 1.21
