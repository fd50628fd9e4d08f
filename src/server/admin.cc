#include "server/admin.h"

#include "server/error_response.h"

#include <utility>

namespace tonearm::server {
namespace {

constexpr std::string_view admin_methods = "GET, HEAD";
constexpr std::string_view plain_text = "text/plain; charset=utf-8";
constexpr std::string_view json_text = "application/json";
constexpr std::string_view exposition_text = "text/plain; version=0.0.4; charset=utf-8";

AdminReply reply_with(std::string_view content_type, std::string body, unsigned status = 200) {
  return AdminReply{status, content_type, std::move(body), {}};
}

/// The admin listener is the operator's own, so the reason is said in full.
AdminReply readiness(const AdminState& state) {
  if (state.draining) return reply_with(plain_text, "draining\n", 503);
  if (state.catalog_error) {
    return reply_with(plain_text, "catalog unreadable: " + state.catalog_error->detail + "\n", 503);
  }
  return reply_with(plain_text, "ok\n");
}

AdminReply refusal(ErrorKind kind) {
  const Problem problem = problem_of(Error{kind, {}, std::nullopt}, admin_methods);
  return AdminReply{problem.status, "application/problem+json", problem_json(problem),
                    problem.allow};
}

bool is_known(std::string_view path) {
  return path == "/healthz" || path == "/readyz" || path == "/metrics" || path == "/streams";
}

}  // namespace

bool wants_readiness(std::string_view path) { return path == "/readyz"; }

AdminReply handle_admin(http::verb method, std::string_view path, const AdminState& state) {
  if (!is_known(path)) return refusal(ErrorKind::path_not_found);
  if (method != http::verb::get && method != http::verb::head) {
    return refusal(ErrorKind::method_not_allowed);
  }
  if (path == "/healthz") return reply_with(plain_text, "ok\n");
  if (path == "/readyz") return readiness(state);
  if (path == "/streams") return reply_with(json_text, state.streams.to_json());
  return reply_with(exposition_text, state.metrics.expose(state.streams.count()));
}

void add_admin_fields(http::ResponseHead& head, const AdminReply& reply) {
  head.add("Content-Type", reply.content_type);
  head.add("Content-Length", std::uint64_t{reply.body.size()});
  head.add("Cache-Control", "no-store");
  if (!reply.allow.empty()) head.add("Allow", reply.allow);
}

}  // namespace tonearm::server
