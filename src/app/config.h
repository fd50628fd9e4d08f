#pragma once

#include "tonearm/catalog/catalog_options.h"
#include "tonearm/source/file_options.h"
#include "tonearm/source/http_options.h"
#include "tonearm/source/resolver_options.h"
#include "tonearm/source/s3_options.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tonearm::app {

using std::chrono::milliseconds;

struct ServerConfig {
  std::vector<std::string> listen{"127.0.0.1:8005"};
  std::size_t threads = 0;
  std::size_t max_connections = 10'000;
  milliseconds header_timeout{10'000};
  milliseconds idle_timeout{75'000};
  milliseconds send_timeout{4 * 3'600'000};
  milliseconds drain{30'000};
  std::string public_url;
  std::vector<std::string> trusted_proxies{"127.0.0.1/32", "::1/128"};
  bool proxy_protocol = false;
  std::vector<std::string> cors_origins{"*"};
};

struct AdminConfig {
  std::vector<std::string> listen{"127.0.0.1:9005"};
};

struct LogConfig {
  std::string level = "info";
  std::string access = "-";
};

struct StreamConfig {
  std::uint64_t buffer = 256 * 1024;
  milliseconds release_after{30'000};
  std::uint64_t max_range = 0;
  std::string cache_control = "private, max-age=3600";
  std::uint64_t rate = 0;
  std::uint64_t rate_after = 1024 * 1024;
};

struct CacheConfig {
  std::string path;
  std::uint64_t size = 10ULL * 1024 * 1024 * 1024;
  std::uint64_t slice = 1024 * 1024;
  milliseconds fresh{3'600'000};
  milliseconds stale_if_error{24 * 3'600'000};
  milliseconds negative{10'000};
  std::uint64_t read_ahead = 2 * 1024 * 1024;
};

struct AccessConfig {
  std::vector<std::string> signing_keys;
  milliseconds link_ttl{6 * 3'600'000};
  std::vector<std::string> api_tokens;
  unsigned requests_per_second = 0;
  unsigned streams_per_client = 0;
};

/// Everything that can be configured, with its defaults. Sizes are bytes; paths are as they are to
/// be opened; secrets are the secrets themselves. Values have been validated by load_config().
struct Config {
  ServerConfig server;
  AdminConfig admin;
  LogConfig log;
  catalog::CatalogSettings catalog;
  /// Where catalog.path stands, "tonearm.toml:7: ": what a complaint about the file begins with.
  std::string catalog_path_place;
  source::UpstreamOptions upstream;
  StreamConfig stream;
  CacheConfig cache;
  source::FileOptions files;
  source::S3Options s3;
  std::map<std::string, source::ResolverOptions> resolvers;
  AccessConfig access;
};

}  // namespace tonearm::app
