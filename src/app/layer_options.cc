#include "app/layer_options.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace tonearm::app {

std::function<bool(std::string_view)> resolver_names(const Config& config) {
  std::set<std::string, std::less<>> names;
  for (const auto& [name, resolver] : config.resolvers) names.insert(name);
  return [names = std::move(names)](std::string_view name) { return names.contains(name); };
}

cache::Options cache_options(const Config& config) {
  using std::chrono::duration_cast;
  using std::chrono::seconds;
  cache::Options options;
  options.path = config.cache.path;
  options.size = config.cache.size;
  options.slice = config.cache.slice;
  options.fresh = duration_cast<seconds>(config.cache.fresh);
  options.stale_if_error = duration_cast<seconds>(config.cache.stale_if_error);
  options.negative = config.cache.negative;
  options.read_ahead = config.cache.read_ahead;
  options.first_byte_timeout = config.upstream.first_byte_timeout;
  options.release_after = config.stream.release_after;
  return options;
}

server::Options server_options(const Config& config) {
  server::Options options;
  options.max_connections = config.server.max_connections;
  options.header_timeout = config.server.header_timeout;
  options.idle_timeout = config.server.idle_timeout;
  options.send_timeout = config.server.send_timeout;
  options.trusted_proxies = server::TrustedProxies::parse(config.server.trusted_proxies).value();
  options.proxy_protocol = config.server.proxy_protocol;
  options.public_url = config.server.public_url;
  options.cors_origins = config.server.cors_origins;
  options.first_byte_timeout = config.upstream.first_byte_timeout;
  options.cache_control = config.stream.cache_control;
  options.max_range = config.stream.max_range;
  options.rate = config.stream.rate;
  options.rate_after = config.stream.rate_after;
  options.signing_keys = config.access.signing_keys;
  options.link_ttl = std::chrono::floor<std::chrono::seconds>(config.access.link_ttl);
  options.api_tokens = config.access.api_tokens;
  options.requests_per_second = config.access.requests_per_second;
  options.streams_per_client = config.access.streams_per_client;
  return options;
}

source::HttpOptions http_options(const Config& config) {
  source::HttpOptions options{config.upstream};
  options.buffer = config.stream.buffer;
  options.release_after = config.stream.release_after;
  return options;
}

}  // namespace tonearm::app
