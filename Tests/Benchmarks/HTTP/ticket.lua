-- What wrk sends to both servers: one upload request, with its API key.
wrk.method = "POST"
wrk.body = '{"rule":"avatars","filename":"Portrait (final).png","size":482113,"type":"image/png"}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCHMARK_API_KEY")
