#pragma once

#include "tonearm/http/range.h"

#include <ostream>
#include <string>

namespace tonearm::http {

// How GoogleTest shows them in a failure.

inline void PrintTo(const RangeSpec& spec, std::ostream* out) {
  *out << (spec.first ? std::to_string(*spec.first) : "") << '-'
       << (spec.last ? std::to_string(*spec.last) : "");
}

inline void PrintTo(const ByteRange& range, std::ostream* out) {
  *out << '[' << range.first << ", " << range.end << ')';
}

}  // namespace tonearm::http
