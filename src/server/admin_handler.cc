#include "server/admin_handler.h"

#include "server/admin.h"

#include <utility>

namespace tonearm::server {

io::Task<Result<void>> handle_admin_request(const Request& request, Responder& responder) {
  Shared& shared = request.shared;
  AdminState state{std::nullopt, shared.draining.load(), shared.metrics, shared.streams};
  if (wants_readiness(request.target.path)) {
    Result<void> readable = co_await request.serving.store.check();
    if (!readable) state.catalog_error = readable.error();
  }
  AdminReply reply = handle_admin(request.head.method, request.target.path, state);
  http::ResponseHead head = responder.begin(reply.status);
  add_admin_fields(head, reply);
  co_return co_await responder.send(std::move(head), std::move(reply.body));
}

}  // namespace tonearm::server
