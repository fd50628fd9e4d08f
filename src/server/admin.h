#pragma once

#include "tonearm/base/error.h"
#include "tonearm/cache/cache.h"
#include "tonearm/http/request_head.h"
#include "tonearm/http/response_head.h"
#include "tonearm/server/metrics.h"
#include "tonearm/server/running_streams.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::server {

/// What the admin listener's answers are made of.
struct AdminState {
  /// Why the catalog cannot be read; empty when it can. Looked at only where wants_readiness().
  std::optional<Error> catalog_error;
  bool draining = false;
  Metrics& metrics;
  const RunningStreams& streams;
  std::optional<cache::Statistics> cache;  ///< Empty: there is none.
};

struct AdminReply {
  unsigned status = 200;
  std::string_view content_type;
  std::string body;        ///< For GET and HEAD alike: the caller drops it for HEAD.
  std::string_view allow;  ///< For 405, else empty.
  std::optional<std::chrono::seconds> retry_after = {};  ///< For 503.
};

/// Whether this path's answer depends on AdminState::catalog_error, so that only then the catalog
/// is asked.
bool wants_readiness(std::string_view path);

/// The song whose kept bytes are to be forgotten, for DELETE /cache/{id}; else empty.
std::optional<std::string_view> song_to_forget(http::verb method, std::string_view path);

/// GET and HEAD of /healthz, /readyz, /metrics, /streams and /cache. `path` is decoded, without its
/// query.
AdminReply handle_admin(http::verb method, std::string_view path, const AdminState& state);

/// Adds Content-Type, Content-Length, Cache-Control: no-store, Allow and Retry-After to a head that
/// was begun with reply.status.
void add_admin_fields(http::ResponseHead& head, const AdminReply& reply);

}  // namespace tonearm::server
