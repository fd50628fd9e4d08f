#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace tonearm::server {

/// One series of its own: registered, and owned by `registry`.
inline prometheus::Counter& add_counter(prometheus::Registry& registry, const char* name,
                                        const char* help, const prometheus::Labels& labels = {}) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}

inline prometheus::Gauge& add_gauge(prometheus::Registry& registry, const char* name,
                                    const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace tonearm::server
