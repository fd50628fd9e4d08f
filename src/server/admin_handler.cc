#include "server/admin_handler.h"

#include "tonearm/base/locator.h"
#include "tonearm/http/target.h"

#include "server/admin.h"

#include <utility>

namespace tonearm::server {

namespace {

/// DELETE /cache/{id}.
io::Task<Result<void>> forget_song(const Request& request, Responder& responder,
                                   std::string_view id) {
  if (!http::is_song_id(id)) co_return Error{ErrorKind::bad_request, "This is no song's id.", {}};
  Result<std::shared_ptr<const catalog::Song>> song = co_await request.serving.store.find(id);
  if (!song) co_return song.error();
  Result<Locator> locator = parse_locator((*song)->file, request.serving.is_resolver);
  if (!locator) co_return locator.error();
  source::SourceRequest wanted{std::move(*locator), (*song)->growing};
  Result<void> forgotten = co_await request.serving.source.forget(std::move(wanted));
  if (!forgotten) co_return forgotten.error();
  responder.start(responder.begin(204), BodyFraming::none);
  co_return co_await responder.writer().finish();
}

}  // namespace

io::Task<Result<void>> handle_admin_request(const Request& request, Responder& responder) {
  Shared& shared = request.shared;
  if (const auto id = song_to_forget(request.head.method, request.target.path)) {
    co_return co_await forget_song(request, responder, *id);
  }
  AdminState state{std::nullopt, shared.draining.load(), shared.metrics, shared.streams,
                   std::nullopt};
  if (shared.cache != nullptr) state.cache = shared.cache->statistics();
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
