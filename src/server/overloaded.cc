#include "server/overloaded.h"

#include "server/error_response.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace tonearm::server {
namespace {

/// Not more than a head and a little: who goes on sending must not keep the loop.
void drop_received(int client) {
  char scratch[4096];
  for (int left = 16; left > 0; --left) {
    if (::recv(client, scratch, sizeof scratch, MSG_DONTWAIT) <= 0) return;
  }
}

}  // namespace

Error overloaded(Shortage of) {
  const bool descriptors = of == Shortage::descriptors;
  return Error{ErrorKind::overloaded,
               descriptors ? "few descriptors are left" : "server.max_connections is reached",
               {}};
}

void tell_overloaded(int client, Exchange& exchange) {
  drop_received(client);  // or the close would be a reset, and overtake the answer
  const Problem problem = problem_of(Error{ErrorKind::overloaded, {}, {}});
  const auto now = std::chrono::system_clock::now();
  http::ResponseHead head(problem.status, std::chrono::floor<std::chrono::seconds>(now));
  head.add("X-Content-Type-Options", "nosniff");
  head.add("X-Request-Id", exchange.request_id());
  head.add("Connection", "close");
  const std::string body = add_problem_fields(head, problem);
  const std::string answer = std::move(head).finish() + body;
  const ssize_t sent = ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) {
    const auto bytes = static_cast<std::size_t>(sent);
    const std::size_t head_size = answer.size() - body.size();
    exchange.set_status(problem.status);
    exchange.add_sent(bytes, bytes - std::min(bytes, head_size));
  }
  ::shutdown(client, SHUT_WR);
  drop_received(client);
}

}  // namespace tonearm::server
