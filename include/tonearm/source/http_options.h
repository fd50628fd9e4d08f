#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tonearm::source {

/// upstream.allow_private: which origins may have a private address.
enum class AllowPrivate : std::uint8_t {
  no,
  yes,
  configured,  ///< Those that the configuration or the catalog names themselves.
};

/// What the HTTP source takes from [upstream] and [stream]. Sizes are bytes.
struct HttpOptions {
  std::string base_url = "http://localhost:8000/media/";
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds first_byte_timeout{10'000};
  std::chrono::milliseconds stall_timeout{15'000};
  unsigned retries = 5;
  /// This loop's share of upstream.max_connections_per_host; at least 1.
  std::size_t max_connections_per_host = 512;
  std::uint64_t window = 0;
  std::string ca_file;
  /// Sent on every request to the origin that a song names; across a redirect to another origin
  /// only User-Agent and Accept go along.
  std::vector<std::pair<std::string, std::string>> headers;
  AllowPrivate allow_private = AllowPrivate::configured;
  unsigned max_redirects = 5;

  /// Told how long each request took from its start to the end of its response head.
  std::function<void(std::chrono::nanoseconds)> on_answer;

  std::size_t buffer = 256 * 1024;
  std::chrono::milliseconds release_after{30'000};
};

}  // namespace tonearm::source
