#pragma once

#include "tonearm/base/error.h"

#include <cstdint>
#include <string_view>

namespace tonearm::server {

/// How a request ended: the `outcome` of the access log and of the metrics.
enum class Outcome : std::uint8_t {
  done,           ///< Answered as planned: 200, 204, 206, 304, 412 or 416.
  client_gone,    ///< The client left.
  origin_failed,  ///< The origin refused, failed or answered nonsense, before the head or after it.
  timeout,        ///< The origin was too slow, or the client: with its head, or for send_timeout.
  refused,        ///< Not to be had: a bad request, no such song, overloaded, draining.
  shut_down,      ///< The program ended before the answer did.
  failed,         ///< A fault of our own: the catalog unreadable, a bad locator, an internal error.
};
inline constexpr std::size_t outcome_count = 7;

std::string_view to_string(Outcome outcome);

/// The outcome of a request that this kind of error ended.
Outcome outcome_of(ErrorKind kind);

}  // namespace tonearm::server
