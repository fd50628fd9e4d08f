#include "server/admin.h"

#include "server/error_response.h"
#include "server/json_line.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace tonearm::server {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view admin_methods = "GET, HEAD";
constexpr std::string_view plain_text = "text/plain; charset=utf-8";
constexpr std::string_view json_type = "application/json";
constexpr std::string_view exposition_text = "text/plain; version=0.0.4; charset=utf-8";

AdminReply reply_with(std::string_view content_type, std::string body) {
  return AdminReply{200, content_type, std::move(body), {}, {}};
}

/// The admin listener is the operator's own, so the reason is said in full.
AdminReply not_ready(ErrorKind kind, std::string reason) {
  const Problem problem = problem_of(Error{kind, {}, std::nullopt});
  return AdminReply{problem.status, plain_text, std::move(reason), {}, problem.retry_after};
}

AdminReply readiness(const AdminState& state) {
  if (state.draining) return not_ready(ErrorKind::draining, "draining\n");
  if (state.catalog_error) {
    return not_ready(ErrorKind::catalog_unavailable,
                     "catalog unreadable: " + state.catalog_error->detail + "\n");
  }
  return reply_with(plain_text, "ok\n");
}

AdminReply refusal(ErrorKind kind, std::string_view allowed = admin_methods) {
  const Problem problem = problem_of(Error{kind, {}, std::nullopt}, allowed);
  return AdminReply{problem.status, "application/problem+json", problem_json(problem),
                    problem.allow, problem.retry_after};
}

/// Answers that cost the origin nothing, of all that had a body.
double hit_ratio(const cache::Statistics& cache) {
  const std::uint64_t all = cache.hits + cache.partial + cache.misses;
  return all == 0 ? 0 : static_cast<double>(cache.hits) / static_cast<double>(all);
}

ordered_json cache_json(const std::optional<cache::Statistics>& cache) {
  const cache::Statistics now = cache.value_or(cache::Statistics{});
  return {{"enabled", cache.has_value()},
          {"writable", now.writable},
          {"entries", now.songs},
          {"pieces", now.pieces},
          {"bytes", now.bytes},
          {"size", now.size},
          {"hit_ratio", std::round(hit_ratio(now) * 10'000) / 10'000},
          {"hits", now.hits},
          {"partial", now.partial},
          {"misses", now.misses},
          {"kept_bytes", now.kept_bytes},
          {"arriving_bytes", now.arriving_bytes},
          {"running_fills", now.running_fills},
          {"evictions", now.evictions}};
}

AdminReply health(const AdminState&) { return reply_with(plain_text, "ok\n"); }

AdminReply metrics(const AdminState& state) {
  if (state.cache) state.metrics.update_cache(*state.cache);
  return reply_with(exposition_text, state.metrics.expose(state.streams.count()));
}

AdminReply streams(const AdminState& state) {
  return reply_with(json_type, state.streams.to_json());
}

AdminReply cache_figures(const AdminState& state) {
  return reply_with(json_type, json_line(cache_json(state.cache)));
}

struct View {
  std::string_view path;
  AdminReply (*show)(const AdminState& state);
};

constexpr View views[] = {
    {"/healthz", &health},  {"/readyz", &readiness},    {"/metrics", &metrics},
    {"/streams", &streams}, {"/cache", &cache_figures},
};

constexpr std::string_view cache_prefix = "/cache/";

bool is_song_in_cache(std::string_view path) {
  return path.starts_with(cache_prefix) && path.size() > cache_prefix.size();
}

}  // namespace

bool wants_readiness(std::string_view path) { return path == "/readyz"; }

std::optional<std::string_view> song_to_forget(http::verb method, std::string_view path) {
  if (method != http::verb::delete_ || !is_song_in_cache(path)) return std::nullopt;
  return path.substr(cache_prefix.size());
}

AdminReply handle_admin(http::verb method, std::string_view path, const AdminState& state) {
  if (is_song_in_cache(path)) return refusal(ErrorKind::method_not_allowed, "DELETE");
  const View* const view = std::ranges::find(views, path, &View::path);
  if (view == std::end(views)) return refusal(ErrorKind::path_not_found);
  if (method != http::verb::get && method != http::verb::head) {
    return refusal(ErrorKind::method_not_allowed);
  }
  return view->show(state);
}

void add_admin_fields(http::ResponseHead& head, const AdminReply& reply) {
  head.add("Content-Type", reply.content_type);
  head.add("Content-Length", std::uint64_t{reply.body.size()});
  head.add("Cache-Control", "no-store");
  if (!reply.allow.empty()) head.add("Allow", reply.allow);
  if (reply.retry_after) {
    head.add("Retry-After", static_cast<std::uint64_t>(reply.retry_after->count()));
  }
}

}  // namespace tonearm::server
