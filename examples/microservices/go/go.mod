module microservices

go 1.22
